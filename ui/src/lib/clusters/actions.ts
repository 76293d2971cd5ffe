import type { Action } from '$lib/kit/actions';
import type { Walk } from './walk.svelte';

type Command = Action<Walk>;

const may = ({ board }: Walk) => board.may;
const inside = (walk: Walk) => walk.inside;
const STEPS = { caps: '← → ↑ ↓', label: 'To the next image' };
const ENDS = { caps: 'Home End', label: 'To the first or the last image' };

const step = (key: string): Command => ({
  id: `step-${key}`,
  group: 'Images',
  label: 'To another image',
  keys: [key],
  family: key.startsWith('Arrow') ? STEPS : ENDS,
  ready: inside,
  run: (walk) => walk.step(key),
});

export const undo: Command = {
  id: 'undo',
  group: 'Undo',
  label: 'Undo the latest',
  keys: ['Ctrl+Z'],
  icon: 'undo',
  ready: ({ board }) => board.may && board.story.done.length > 0,
  run: (walk) => void walk.undo(),
};

export const redo: Command = {
  id: 'redo',
  group: 'Undo',
  label: 'Name again what was undone',
  keys: ['Ctrl+Shift+Z', 'Ctrl+Y'],
  icon: 'redo',
  ready: ({ board }) => board.may && board.story.undone.length > 0,
  run: (walk) => void walk.redo(),
};

export const help: Command = {
  id: 'help',
  group: 'View',
  label: 'Keys of this page',
  keys: ['?'],
  icon: 'help',
  run: (walk) => (walk.helping = !walk.helping),
};

const IMAGES: readonly Command[] = [
  ...['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'Home', 'End'].map(step),
  {
    id: 'toggle',
    group: 'Images',
    label: 'Take the image in focus out, or back in',
    keys: ['X', 'Delete', 'Space'],
    ready: (walk) => may(walk) && inside(walk),
    run: (walk) => walk.toggle(),
  },
  {
    id: 'leave',
    group: 'Images',
    label: 'Back to the cluster',
    keys: ['Escape'],
    ready: (walk) => inside(walk) && walk.at !== null,
    run: (walk) => void walk.stand(walk.at!),
  },
];

const CLUSTERS: readonly Command[] = [
  {
    id: 'next',
    group: 'Clusters',
    label: 'Next cluster',
    keys: ['J', 'ArrowDown'],
    run: (walk) => walk.go(1),
  },
  {
    id: 'previous',
    group: 'Clusters',
    label: 'Previous cluster',
    keys: ['K', 'ArrowUp'],
    run: (walk) => walk.go(-1),
  },
  {
    id: 'enter',
    group: 'Clusters',
    label: 'Among its images',
    keys: ['ArrowRight'],
    ready: ({ at }) => at !== null,
    run: (walk) => void walk.enter(),
  },
  {
    id: 'take',
    group: 'Name',
    label: 'Name it as the field says, else as suggested where that is sure, and go on',
    keys: ['Enter'],
    ready: may,
    run: (walk) => walk.take(),
  },
  {
    id: 'type',
    group: 'Name',
    label: 'Type the first letters of a taxon (J, K and X with Shift)',
    keys: ['a … z'],
    ready: may,
    run: (walk) => walk.type(''),
  },
];

/** Among images the keys are about those first. */
export const ACTIONS: readonly Command[] = [...IMAGES, ...CLUSTERS, undo, redo, help];
/** The same as help shows them. */
export const SHOWN: readonly Command[] = [...CLUSTERS, ...IMAGES, undo, redo, help];
