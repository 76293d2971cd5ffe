// Whether an account may sign in, in words; the numbers are EcoTaxa's.
export const STATUS: Record<number, string> = {
  [-1]: 'Blocked',
  0: 'Waits for you',
  1: 'Open',
  2: 'Asked for more',
};

/** Those who wait first, then by name. */
export function byNeed<A extends { status?: number | null; name: string }>(accounts: A[]): A[] {
  const need = ({ status }: A) => [0, 2, 1, -1].indexOf(status ?? 1);
  return [...accounts].sort((a, b) => need(a) - need(b) || a.name.localeCompare(b.name));
}
