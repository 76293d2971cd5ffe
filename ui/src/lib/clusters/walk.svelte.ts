import { tick } from 'svelte';
import type { Board } from './board.svelte';
import { beside, images, moved, stretched, toggled, type Card, ready } from './cards';

const GAP = 6;
const INSET = 30; // of images in their card
const HEAD = 57;

/** Where a person is among the clusters: which card, and which image of it. */
export class Walk {
  /** The card that the keys are about. */
  at = $state<number | null>(null);
  /** The image of it in focus, and whether the keys are about that. */
  tile = $state(0);
  inside = $state(false);
  /** The card whose field is open, and what it begins with. */
  typing = $state.raw<{ card: number; start: string } | null>(null);
  helping = $state(false);
  asking = $state(false);
  width = $state(0);
  columns = $derived(this.width >= 1000 ? 12 : this.width >= 680 ? 8 : 6);
  cell = $derived((Math.max(240, this.width - INSET) + GAP) / this.columns - GAP);
  readonly gap = GAP;
  #anchor = 0;

  constructor(readonly board: Board) {}

  get card(): Card | undefined {
    return this.board.card(this.at);
  }

  /** How high a card will be that has not been drawn. */
  heightOf(card: Card): number {
    if (card.named || !card.left) return 46;
    return HEAD + Math.ceil(images(card).length / this.columns) * (this.cell + GAP) + GAP + 2;
  }

  // Moving --------------------------------------------------------------------------------------

  go(by: 1 | -1): void {
    const next = beside(this.board.cards, this.at, by);
    if (next !== null) void this.stand(next);
  }

  /** Stand at a card. */
  async stand(id: number): Promise<void> {
    this.at = id;
    this.tile = this.#anchor = 0;
    this.inside = false;
    await tick();
    focus(`cluster-${id}`);
  }

  /** Go among the images of the card. */
  async enter(): Promise<void> {
    if (!this.card || this.card.named) return;
    this.inside = true;
    await tick();
    focus(`images-${this.at}`);
  }

  /** An image further, or to the card beside. */
  step(key: string): void {
    const { card } = this;
    if (!card) return;
    const next = moved(this.tile, key, images(card).length, this.columns);
    if (next === null) return this.go(key === 'ArrowUp' ? -1 : 1);
    this.tile = this.#anchor = next;
    void tick().then(() => reveal(tileId(card.id, next)));
  }

  // Acting --------------------------------------------------------------------------------------

  /** An image was clicked: it is out, or in again; with Shift all from the last one on. */
  click(id: number, tile: number, stretch: boolean): void {
    if (this.at !== id) this.#anchor = tile;
    this.at = id;
    this.tile = tile;
    this.inside = true;
    if (!this.board.may) return;
    if (stretch) this.board.change(id, (card) => stretched(card, this.#anchor, tile));
    else this.toggle();
    this.#anchor = stretch ? this.#anchor : tile;
  }

  /** Take the image in focus out, or back in. */
  toggle(): void {
    const object = this.card ? images(this.card)[this.tile] : undefined;
    if (object && this.at !== null && this.board.may)
      this.board.change(this.at, (card) => toggled(card, object));
  }

  /** Name a card, and go on to the next one. */
  name(id: number, taxon: number): void {
    this.board.name(id, taxon);
    if (this.board.card(id)?.named) void this.#goOn(id);
  }

  #goOn(id: number): Promise<void> {
    const next = beside(this.board.cards, id, 1);
    return this.stand((next === id ? beside(this.board.cards, id, -1) : next) ?? id);
  }

  /** Take what the field says, else what is suggested and sure, else ask. */
  take(): void {
    const { card } = this;
    if (!card || card.named) return;
    const taxon = ready(card);
    if (taxon !== null) this.name(card.id, taxon);
    else this.type('');
  }

  type(start: string): void {
    if (this.at === null) this.go(1);
    if (this.at !== null && !this.card?.named) this.typing = { card: this.at, start };
  }

  /** A taxon was chosen: the field says it, and Enter names. */
  async choose(id: number, taxon: number): Promise<void> {
    this.typing = null;
    this.board.taxa.include([taxon]);
    this.board.change(id, (card) => ({ ...card, chosen: taxon }));
    this.at = id;
    await tick();
    focus(`name-${id}`);
  }

  leaveField(): void {
    const card = this.typing?.card;
    this.typing = null;
    if (card !== undefined) void this.stand(card);
  }

  async undo(key?: string): Promise<void> {
    const of = key ?? this.board.story.done.at(-1)?.key;
    const card = this.board.cards.find(({ named }) => named?.key === of);
    await this.board.undo(of);
    if (card) await this.stand(card.id);
  }

  /** Name again, and go on. */
  async redo(): Promise<void> {
    const card = await this.board.redo();
    if (card !== undefined) await this.#goOn(card);
  }
}

/** Images of all cards have names of their own. */
export const tilePosition = (card: number, tile: number) => card * 1_000_000 + tile;
const tileId = (card: number, tile: number) => `tile-${tilePosition(card, tile)}`;

function focus(id: string): void {
  document.getElementById(id)?.focus({ preventScroll: true });
  reveal(id);
}

const reveal = (id: string) => document.getElementById(id)?.scrollIntoView({ block: 'nearest' });
