import { chord, type Press } from './keys';

/** A command is a value: toolbar, keyboard and help read the same list. */
export type Action<Context> = {
  id: string;
  group: string;
  label: string;
  /** Chords, the first one being shown. */
  keys: readonly string[];
  icon?: string;
  /** Help shows one line for the commands of a family: the keys, and what they do. */
  family?: { caps: string; label: string };
  ready?: (on: Context) => boolean;
  run: (on: Context) => void;
};

/** The command of a chord, when it can be given now. */
export function commandFor<Context>(
  actions: readonly Action<Context>[],
  press: Press,
  on: Context,
): Action<Context> | undefined {
  const pressed = chord(press);
  return actions.find((action) => action.keys.includes(pressed) && (action.ready?.(on) ?? true));
}

export type HelpLine = { keys: readonly string[]; label: string };

/** Lines of help by group, in the order of the list. */
export function helpLines(
  actions: readonly Pick<Action<never>, 'group' | 'label' | 'keys' | 'family'>[],
): [string, HelpLine[]][] {
  const groups = new Map<string, HelpLine[]>();
  for (const { group, family, keys, label } of actions) {
    const lines = groups.get(group) ?? [];
    const line = family ? { keys: [family.caps], label: family.label } : { keys, label };
    if (!lines.some((other) => other.label === line.label)) lines.push(line);
    groups.set(group, lines);
  }
  return [...groups];
}
