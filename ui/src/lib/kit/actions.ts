import { chord, type Press } from './keys';

/** A command is a value: toolbar, keyboard and help read the same list. */
export type Action<Context> = {
  id: string;
  group: string;
  label: string;
  /** Chords, the first one being shown. */
  keys: readonly string[];
  icon?: string;
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

/** Commands by group, in the order of the list. */
export function grouped<Context>(
  actions: readonly Action<Context>[],
): [string, Action<Context>[]][] {
  const groups = new Map<string, Action<Context>[]>();
  for (const action of actions)
    groups.set(action.group, [...(groups.get(action.group) ?? []), action]);
  return [...groups];
}
