export type Theme = 'system' | 'light' | 'dark';
export type Backdrop = 'paper' | 'grey' | 'ink';

/** A choice kept in this browser. */
function kept<T extends string>(name: string, otherwise: T, known: readonly T[]): T {
  const value = localStorage.getItem(name) as T | null;
  return value && known.includes(value) ? value : otherwise;
}

export const THEMES = ['system', 'light', 'dark'] as const;
export const BACKDROPS = ['paper', 'grey', 'ink'] as const;

/** How the page looks: its theme, and what images lie on. */
class Looks {
  theme = $state<Theme>(kept('theme', 'system', THEMES));
  backdrop = $state<Backdrop>(kept('backdrop', 'paper', BACKDROPS));

  inverted = $state(localStorage.getItem('inverted') === 'yes');

  invert(inverted: boolean): void {
    this.inverted = inverted;
    localStorage.setItem('inverted', inverted ? 'yes' : 'no');
    this.apply();
  }

  wear(theme: Theme): void {
    this.theme = theme;
    localStorage.setItem('theme', theme);
    this.apply();
  }

  lie(backdrop: Backdrop): void {
    this.backdrop = backdrop;
    localStorage.setItem('backdrop', backdrop);
    this.apply();
  }

  apply(): void {
    const { dataset } = document.documentElement;
    if (this.theme === 'system') delete dataset['theme'];
    else dataset['theme'] = this.theme;
    dataset['backdrop'] = this.backdrop;
    dataset['inverted'] = this.inverted ? 'yes' : 'no';
  }
}

export const looks = new Looks();
