import { SvelteSet } from 'svelte/reactivity';
import { taxaExchange, taxon, taxonUsage } from '$lib/api/calls';
import type { TaxaExchange, TaxonModel, TaxonUsage } from '$lib/api/types';
import { Fetching } from '$lib/kit/fetching.svelte';
import { complain } from '$lib/kit/toasts.svelte';
import { childrenOf, lines } from './lines';
import { lineage, search } from './palette';
import { Taxa } from './taxa.svelte';

const MOST_FOUND = 60;

/** The page of taxa: the tree, what is open of it, and the taxon that is looked at. */
export class Browser {
  taxa = new Taxa();
  open = new SvelteSet<number>();
  typed = $state('');
  chosen = $state<number>();
  detail = new Fetching<TaxonModel | null>();
  usage = new Fetching<TaxonUsage[]>();
  exchange = $state.raw<TaxaExchange>();
  ready = $state(false);
  error = $state.raw<Error>();

  below = $derived(childrenOf(this.taxa.whole));
  lines = $derived(lines(this.taxa.whole, this.below, this.open));
  found = $derived(
    this.typed.trim() ? search(this.taxa.whole, this.typed, {}, MOST_FOUND, true) : [],
  );

  async load(): Promise<void> {
    try {
      await this.taxa.loadWhole();
      this.error = undefined;
      for (const top of this.below.get(0) ?? [])
        if (!this.open.size) this.open.add(this.taxa.whole.ids[top]!);
    } catch (error) {
      if (!this.taxa.whole.ids.length) this.error = error as Error;
      else complain(error);
    }
    this.ready = true;
    void this.ask();
  }

  /** Which servers outside there are, and what waits for them. */
  async ask(): Promise<void> {
    this.exchange = await taxaExchange().catch(() => undefined);
  }

  /** Look at a taxon: the tree opens down to it. */
  show(id: number): void {
    this.chosen = id;
    const at = this.taxa.whole.places.get(id);
    if (at !== undefined)
      for (const above of lineage(this.taxa.whole, at)) this.open.add(this.taxa.whole.ids[above]!);
    void this.detail.load(() => taxon(id));
    void this.usage.load(() => taxonUsage(id));
  }

  toggle(id: number): void {
    if (!this.open.delete(id)) this.open.add(id);
  }

  /** After a change of the tree. */
  async renew(id: number): Promise<void> {
    await this.load();
    this.typed = '';
    this.show(id);
  }
}
