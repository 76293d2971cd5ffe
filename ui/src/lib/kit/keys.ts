// Keys as people write them: "Ctrl+Shift+Z", "Enter", "F1", "Digit1".

export type Press = Pick<
  KeyboardEvent,
  'key' | 'code' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey'
>;

const NAMES: Record<string, string> = { ' ': 'Space', Esc: 'Escape', Decimal: '.' };
const LABELS: Record<string, string> = {
  Escape: 'Esc',
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  Backspace: '⌫',
  Enter: '↵',
};

/** The chord that was pressed; digits by their place on the keyboard, so that AZERTY has them too. */
export function chord(press: Press): string {
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(press.code)?.[1];
  const key = digit && !shifted(press) ? digit : (NAMES[press.key] ?? press.key);
  const name = key.length === 1 ? key.toUpperCase() : key;
  const parts = [
    press.ctrlKey || press.metaKey ? 'Ctrl' : '',
    press.altKey ? 'Alt' : '',
    press.shiftKey && !digit && says(press, key) ? 'Shift' : '',
    name,
  ];
  return parts.filter(Boolean).join('+');
}

/** On AZERTY digits need Shift, and the bare digit row gives punctuation that has work of its own. */
function shifted(press: Press): boolean {
  return !press.ctrlKey && !press.altKey && /^[-.,;'=/?]$/.test(press.key);
}

/** Shift is part of the chord except where it only makes the character: "?" is not Shift+?. */
function says(press: Press, key: string): boolean {
  return key.length > 1 || press.ctrlKey || press.metaKey || /^[a-z\d]$/i.test(key);
}

/** A letter to type with, when no command key is held. */
export function letter(press: Press): string | null {
  if (press.ctrlKey || press.metaKey || press.altKey) return null;
  return /^\p{L}$/u.test(press.key) ? press.key : null;
}

/** A chord as shown on a key cap. */
export function caption(keys: string): string[] {
  const parts = keys === '+' ? ['+'] : keys.split('+');
  return parts.map((part) => LABELS[part] ?? part);
}
