/** Why an order was refused; nothing while there is no reason. An alert interrupts what a screen reader says. */
export function Fault({ error, role = "alert" }: { error: string | null; role?: "alert" | "status" }) {
  return error ? (
    <p className="wb-error" role={role}>
      {error}
    </p>
  ) : null;
}
