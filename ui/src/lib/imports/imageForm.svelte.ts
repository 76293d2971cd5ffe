import { checkImages } from '$lib/api/calls';
import { complain } from '$lib/kit/toasts.svelte';
import { byField, filled, NOTHING, type FieldName, type ImageValues, type Wrong } from './form';

const PAUSE = 300; // milliseconds without a keystroke

/** The form of what holds for all images of an import, checked by the server as one types. */
export class ImageForm {
  values = $state<ImageValues>({ ...NOTHING });
  wrong = $state.raw<Wrong>({});
  readonly sound = $derived(Object.keys(this.wrong).length === 0);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked = 0;

  constructor(readonly project: number) {}

  get filled(): Partial<ImageValues> {
    return filled(this.values);
  }

  set(changed: Partial<ImageValues>): void {
    this.values = { ...this.values, ...changed };
    this.check();
  }

  /** Ask what is wrong, soon: after the last keystroke. */
  check(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#ask(), PAUSE);
  }

  of(field: FieldName): string | undefined {
    return this.wrong[field];
  }

  async #ask(): Promise<void> {
    const asked = ++this.#asked;
    try {
      const { errors } = await checkImages(this.project, this.filled);
      if (asked === this.#asked) this.wrong = byField(errors);
    } catch (error) {
      complain(error);
    }
  }
}
