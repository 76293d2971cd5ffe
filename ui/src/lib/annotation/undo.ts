// What I did here, to take back and to do again. A line of it is a batch; its edit is known when it
// was made in this window.
import type { Edit } from './edits';

export type Deed = { key: string; batch: number | null; text: string; edit: Edit | null };
export type Story = { done: readonly Deed[]; undone: readonly Deed[] };

export const BLANK: Story = { done: [], undone: [] };
const LONGEST = 200;

/** A new deed: what was undone before it can't be done again. */
export const did = (story: Story, deed: Deed): Story => ({
  done: [...story.done, deed].slice(-LONGEST),
  undone: [],
});

/** The deed to take back, and the story once it is; `key` names the batch that takes it back. */
export function takeBack(story: Story, key: string): [Deed, Story] | null {
  const deed = story.done.at(-1);
  if (!deed) return null;
  const back = { ...deed, key, batch: null };
  return [deed, { done: story.done.slice(0, -1), undone: [...story.undone, back] }];
}

/** The deed to do again: the undoing of its undoing. */
export function doAgain(story: Story, key: string): [Deed, Story] | null {
  const deed = story.undone.at(-1);
  if (!deed) return null;
  const again = { ...deed, key, batch: null };
  return [deed, { done: [...story.done, again], undone: story.undone.slice(0, -1) }];
}

/** The server has given a deed its number. */
export function numbered(story: Story, key: string, batch: number): Story {
  const number = (deed: Deed) => (deed.key === key ? { ...deed, batch } : deed);
  return { done: story.done.map(number), undone: story.undone.map(number) };
}

/** A deed that the server refused never was. */
export function forget(story: Story, key: string): Story {
  const other = (deed: Deed) => deed.key !== key;
  return { done: story.done.filter(other), undone: story.undone.filter(other) };
}
