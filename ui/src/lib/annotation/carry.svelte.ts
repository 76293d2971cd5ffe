/** Tiles in the hand, on their way to a taxon. */
export class Carry {
  count = $state(0);
  x = $state(0);
  y = $state(0);
  over = $state<number | null>(null);

  constructor(readonly put: (taxon: number) => void) {}

  lift = (count: number, x: number, y: number): void => {
    this.count = count;
    this.carry(x, y);
  };

  carry = (x: number, y: number): void => {
    this.x = x;
    this.y = y;
    this.over = taxonAt(x, y);
  };

  drop = (x: number, y: number): void => {
    const taxon = taxonAt(x, y);
    this.count = 0;
    this.over = null;
    if (taxon) this.put(taxon);
  };
}

/** The taxon whose line lies under a point; near the ends of their list it scrolls. */
function taxonAt(x: number, y: number): number | null {
  const under = document.elementFromPoint(x, y);
  scrollNear(under?.closest('[data-scrolls]'), y);
  const line = under?.closest<HTMLElement>('[data-taxon]');
  return line ? Number(line.dataset['taxon']) : null;
}

function scrollNear(list: Element | null | undefined, y: number): void {
  if (!list) return;
  const { top, bottom } = list.getBoundingClientRect();
  if (y < top + 28) list.scrollBy(0, -12);
  if (y > bottom - 28) list.scrollBy(0, 12);
}
