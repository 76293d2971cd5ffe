import type { Action } from '$lib/kit/actions';
import { toasts } from '$lib/kit/toasts.svelte';
import type { Step } from '$lib/objects/layout';
import { ANNOTATE, type Workbench } from './workbench.svelte';

type Command = Action<Workbench>;

const someone = (bench: Workbench) => bench.may(ANNOTATE);
const picked = (bench: Workbench) => bench.grid.count > 0;

const SLOTS = { caps: '1 … 9  0', label: 'Assign the taxon of a slot' };
const PINS = { caps: 'Alt+1 … 0', label: 'Keep the last taxon in that slot' };
const GUESSES = { caps: 'F1 F2 F3', label: "Take the model's first, second, third guess" };
const ARROWS = { caps: '← → ↑ ↓', label: 'Go to the next tile' };
const STRETCH = { caps: 'Shift+← → ↑ ↓', label: 'Pick on the way' };

const walk = (keys: string[], label: string, way: Step): Command => ({
  id: way,
  group: 'Move',
  label,
  keys,
  ...(keys[0]!.startsWith('Arrow') ? { family: ARROWS } : {}),
  run: ({ grid }) => grid.move(way, false),
});

const stretch = (key: string, label: string, way: Step): Command => ({
  id: `extend-${way}`,
  group: 'Pick',
  label,
  keys: [key],
  family: STRETCH,
  run: ({ grid }) => grid.move(way, true),
});

const guess = (n: number): Command => ({
  id: `guess-${n}`,
  group: 'Identify',
  label: `Take the model's guess ${n}`,
  keys: [`F${n}`],
  family: GUESSES,
  ready: (bench) => someone(bench) && bench.guesses.length >= n,
  run: (bench) => bench.assign(bench.guesses[n - 1]!),
});

const slot = (digit: string): Command[] => [
  {
    id: `slot-${digit}`,
    group: 'Identify',
    label: `Assign the taxon of slot ${digit}`,
    keys: [digit],
    family: SLOTS,
    ready: (bench) => someone(bench) && bench.slots.at(digit) !== undefined,
    run: (bench) => bench.assign(bench.slots.at(digit)!),
  },
  {
    id: `pin-${digit}`,
    group: 'Identify',
    label: `Keep the last taxon in slot ${digit}`,
    keys: [`Alt+${digit}`],
    family: PINS,
    ready: (bench) => bench.last !== null,
    run: (bench) => {
      bench.slots.pin(digit, bench.last!);
      toasts.say(`${digit} is now ${bench.taxa.nameOf(bench.last!)}`);
    },
  },
];

export const validate: Command = {
  id: 'validate',
  group: 'Identify',
  label: 'Validate what is picked',
  keys: ['Enter', 'Ctrl+L'],
  icon: 'check',
  ready: (bench) => someone(bench) && picked(bench),
  run: (bench) => bench.act({ operation: 'validate' }),
};

export const validateSection: Command = {
  id: 'validate-section',
  group: 'Identify',
  label: 'Nothing picked: validate the section, exceptions left out, and go to the next',
  keys: ['Enter'],
  ready: (bench) => someone(bench) && !picked(bench),
  run: (bench) =>
    bench.grid.grouped
      ? bench.validateSection(bench.grid.focusedSection())
      : bench.act({ operation: 'validate' }),
};

export const doubt: Command = {
  id: 'doubt',
  group: 'Identify',
  label: 'Mark as dubious',
  keys: ['-', 'Ctrl+U'],
  icon: 'doubt',
  ready: someone,
  run: (bench) => bench.act({ operation: 'doubt' }),
};

export const unvalidate: Command = {
  id: 'unvalidate',
  group: 'Identify',
  label: 'Back to what the model predicted',
  keys: ['Backspace'],
  icon: 'predict',
  ready: someone,
  run: (bench) => bench.act({ operation: 'unvalidate' }),
};

export const undo: Command = {
  id: 'undo',
  group: 'Undo',
  label: 'Undo',
  keys: ['Ctrl+Z'],
  icon: 'undo',
  ready: someone,
  run: (bench) => bench.memory.undo(),
};

export const redo: Command = {
  id: 'redo',
  group: 'Undo',
  label: 'Redo',
  keys: ['Ctrl+Shift+Z', 'Ctrl+Y'],
  icon: 'redo',
  ready: (bench) => someone(bench) && bench.memory.story.undone.length > 0,
  run: (bench) => bench.memory.redo(),
};

export const identify: Command = {
  id: 'identify',
  group: 'Identify',
  label: 'Name it: type the first letters of a taxon',
  keys: ['a … z'],
  icon: 'tag',
  ready: someone,
  run: (bench) => (bench.palette = ''),
};

export const compact: Command = {
  id: 'compact',
  group: 'View',
  label: 'Refresh: decided objects that no longer match go away',
  keys: ["'"],
  icon: 'refresh',
  run: (bench) => bench.refresh(),
};

export const togglePanel: Command = {
  id: 'panel',
  group: 'View',
  label: 'Show or hide the object panel',
  keys: [';'],
  icon: 'panel',
  run: (bench) => {
    bench.panel = !bench.panel;
    localStorage.setItem('panel', bench.panel ? 'open' : 'closed');
  },
};

export const help: Command = {
  id: 'help',
  group: 'View',
  label: 'Keys and commands',
  keys: ['?'],
  icon: 'help',
  run: (bench) => (bench.helping = !bench.helping),
};

/** Ctrl+A takes the section, and again all that match; without sections all at once. */
const pickAll: Command = {
  id: 'pick-all',
  group: 'Pick',
  label: 'Pick the section; again: all that match the filter; exceptions left out',
  keys: ['Ctrl+A'],
  run: ({ grid }) => {
    if (grid.grouped && !grid.sectionPicked()) grid.pickSection();
    else grid.pickAll();
  },
};

export const ACTIONS: readonly Command[] = [
  identify,
  validate,
  validateSection,
  doubt,
  unvalidate,
  {
    id: 'repeat',
    group: 'Identify',
    label: 'Assign the last taxon again',
    keys: ['.', 'Ctrl+D'],
    ready: (bench) => someone(bench) && bench.last !== null,
    run: (bench) => bench.assign(bench.last!),
  },
  guess(1),
  guess(2),
  guess(3),
  {
    id: 'exception',
    group: 'Identify',
    label: 'Mark as an exception: not this, to be named later',
    keys: ['Delete'],
    ready: someone,
    run: (bench) => bench.markException(),
  },
  {
    id: 'pick-exceptions',
    group: 'Pick',
    label: 'Pick all exceptions',
    keys: ['Shift+Delete'],
    run: (bench) => bench.pickExceptions(),
  },
  ...['1', '2', '3', '4', '5', '6', '7', '8', '9', '0'].flatMap(slot),
  undo,
  redo,
  {
    id: 'save',
    group: 'Undo',
    label: 'There is nothing to save: every act is kept at once',
    keys: ['Ctrl+S'],
    run: ({ outbox }) => {
      outbox.hurry();
      toasts.say(outbox.saved ? 'Everything is saved.' : 'Kept here; on its way to the server.');
    },
  },
  {
    id: 'toggle',
    group: 'Pick',
    label: 'Pick or leave the tile in focus',
    keys: ['Space'],
    run: ({ grid }) => grid.toggle(grid.focus),
  },
  pickAll,
  {
    id: 'invert',
    group: 'Pick',
    label: 'Invert what is picked',
    keys: ['Ctrl+I'],
    run: ({ grid }) => grid.changePicks((selection) => selection.invert()),
  },
  {
    id: 'clear',
    group: 'Pick',
    label: 'Pick nothing',
    keys: ['Escape'],
    run: ({ grid }) => grid.changePicks((selection) => selection.clear()),
  },
  stretch('Shift+ArrowLeft', 'Extend to the left', 'left'),
  stretch('Shift+ArrowRight', 'Extend to the right', 'right'),
  stretch('Shift+ArrowUp', 'Extend up', 'up'),
  stretch('Shift+ArrowDown', 'Extend down', 'down'),
  walk(['ArrowLeft', 'Ctrl+ArrowLeft'], 'Left', 'left'),
  walk(['ArrowRight', 'Ctrl+ArrowRight'], 'Right', 'right'),
  walk(['ArrowUp', 'Ctrl+ArrowUp'], 'Up', 'up'),
  walk(['ArrowDown', 'Ctrl+ArrowDown'], 'Down', 'down'),
  walk(['Home'], 'Start of the row', 'rowStart'),
  walk(['End'], 'End of the row', 'rowEnd'),
  walk(['Ctrl+Home'], 'Start of the section', 'sectionStart'),
  walk(['Ctrl+End'], 'End of the section', 'sectionEnd'),
  walk(['PageUp'], 'A screen up', 'pageUp'),
  walk(['PageDown'], 'A screen down', 'pageDown'),
  {
    id: 'next-section',
    group: 'Move',
    label: 'Next section',
    keys: ['Alt+ArrowDown'],
    run: ({ grid }) => grid.goToSection(1),
  },
  {
    id: 'previous-section',
    group: 'Move',
    label: 'Previous section',
    keys: ['Alt+ArrowUp'],
    run: ({ grid }) => grid.goToSection(-1),
  },
  {
    id: 'filter',
    group: 'View',
    label: 'Go to the filters',
    keys: ['/'],
    run: () => document.getElementById('add-filter')?.focus(),
  },
  compact,
  togglePanel,
  help,
];
