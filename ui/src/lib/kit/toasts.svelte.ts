export type Toast = {
  id: number;
  text: string;
  tone: 'plain' | 'good' | 'bad';
  act?: { label: string; run: () => void } | undefined;
  /** A later toast about the same takes its place. */
  about?: string | undefined;
};

/** Short messages at the foot of the page; the live region reads them aloud. */
class Toasts {
  shown = $state.raw<Toast[]>([]);
  #next = 1;

  say(text: string, more: Partial<Pick<Toast, 'tone' | 'act' | 'about'>> = {}): void {
    const toast: Toast = {
      id: this.#next++,
      text,
      tone: more.tone ?? 'plain',
      act: more.act,
      about: more.about,
    };
    const others = this.shown.filter(({ about }) => !about || about !== toast.about);
    this.shown = [...others.slice(-2), toast];
    setTimeout(() => this.drop(toast.id), toast.tone === 'bad' ? 12_000 : toast.act ? 8000 : 4500);
  }

  drop(id: number): void {
    this.shown = this.shown.filter((toast) => toast.id !== id);
  }
}

export const toasts = new Toasts();

/** Say what went wrong, in the words of the error. */
export function complain(error: unknown): void {
  if (error instanceof DOMException && error.name === 'AbortError') return;
  toasts.say(error instanceof Error ? error.message : String(error), { tone: 'bad' });
}
