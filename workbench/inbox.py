"""Open requests together: all that wait, and those that are answered in one go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from workbench.errors import CommandRefused, NotFound
from workbench.gate import Gate
from workbench.report.request_text import batch_line
from workbench.report.words import risk_words
from workbench.request import Request, Then
from workbench.tools import Risk


class Batch:
    """Requests that differ in their arguments only, to be answered in one go.

    Each of them is shown, can be taken out, and gets an answer of its own.
    """

    def __init__(self, requests: Iterable[Request]) -> None:
        """Hold the requests; `Inbox.batches` makes them."""
        self.requests = list(requests)

    @property
    def risk(self) -> Risk:
        """The class of all of them."""
        return self.requests[0].risk

    @property
    def tool(self) -> str:
        """The tool of all of them."""
        return self.requests[0].tool

    def without(self, *requests: Request | int) -> Batch:
        """Give the batch without some of its requests, named by themselves or by their place.

        Raises:
            NotFound: one of them is not in the batch.
        """
        ids = [request.id for request in self.requests]
        out = set()
        for request in requests:
            if isinstance(request, int) and 0 <= request < len(ids):
                out.add(ids[request])
            elif isinstance(request, Request) and request.id in ids:
                out.add(request.id)
            else:
                raise NotFound(
                    f"{request!r} is not in this batch of {len(ids)}.",
                    "Take out what print(batch) lists.",
                )
        return Batch(request for request in self.requests if request.id not in out)

    def approve(self, *, by: str = "person", surface: str = "python") -> None:
        """Allow each of them, once.

        Raises:
            CommandRefused: some could not be allowed; they are named, the others are.
        """
        self._each(lambda request: request.approve(by=by, surface=surface))

    def deny(
        self,
        reason: str = "",
        then: Then = "continue",
        *,
        by: str = "person",
        surface: str = "python",
    ) -> None:
        """Refuse each of them.

        Raises:
            CommandRefused: some could not be refused; they are named, the others are.
        """
        self._each(lambda request: request.deny(reason, then, by=by, surface=surface))

    def _each(self, answer: Callable[[Request], None]) -> None:
        faults = []
        for request in self.requests:
            try:
                answer(request)
            except CommandRefused as refusal:
                faults.append(f"{request.title}: {refusal.what}")
        if faults:
            raise CommandRefused(
                f"{len(faults)} of {len(self.requests)} could not be answered: {' '.join(faults)}",
                "The others were; look at the inbox.",
            )

    def __len__(self) -> int:
        """Count them."""
        return len(self.requests)

    def __iter__(self) -> Iterator[Request]:
        """Iterate over them."""
        return iter(self.requests)

    def __getitem__(self, place: int) -> Request:
        """Give one by its place."""
        return self.requests[place]

    def __repr__(self) -> str:
        """List them with their exact arguments, one a line."""
        if not self.requests:
            return "An empty batch."
        head = f"{len(self)} requests for {self.tool} [{risk_words(self.risk)}]"
        return "\n".join(
            [f"{head}:"]
            + [f"  {at}: {batch_line(one.view)}" for at, one in enumerate(self.requests)]
        )


class Inbox(list[Request]):
    """Open requests, the gravest class first, then the oldest; shows itself as a list."""

    def batches(self) -> list[Batch]:
        """Put requests together that can be answered in one go.

        Those are two or more permissions of one run, for one tool, of one class, which a single
        press allows (read, local, shared): classes never mix, and the grave ones stand alone.
        """
        alike: dict[tuple[str, str, Risk, Gate], list[Request]] = {}
        for request in self:
            is_shown = bool(request.view.opened.token)
            if is_shown and request.kind == "permission" and request.gate.one_press:
                key = (request.run, request.tool, request.risk, request.gate)
                alike.setdefault(key, []).append(request)
        return [Batch(requests) for requests in alike.values() if len(requests) > 1]

    def __init__(
        self, requests: Iterable[Request] = (), *, notice: Callable[[], str] = str
    ) -> None:
        """Hold the requests; `notice` gives what is said above them, when they are shown."""
        super().__init__(requests)
        self._notice = notice

    def __repr__(self) -> str:
        """Give one line a request, below what the fatigue guard has to say."""
        if not self:
            return "No open requests."
        lines = [f"{at}: {request!r}" for at, request in enumerate(self)]
        return "\n".join(filter(None, [self._notice(), *lines]))
