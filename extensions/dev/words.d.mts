export function files(): string[];
export function outside(name: string): string[];
export function collected(): Map<string, { many?: string; where: string }>;
