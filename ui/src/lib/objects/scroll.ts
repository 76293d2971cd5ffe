// Browsers clip boxes above some 17 M pixels (Immich #16788), so a long scene is scrolled in a
// smaller box: wheels and keys move the scene pixel by pixel, the scroll bar in proportion.

export const TALLEST = 8_000_000;
/** A move of more than this many screens comes from the scroll bar. */
const LEAP = 3;

export type Scroll = {
  /** Height of the scene and of the window on it. */
  scene: number;
  view: number;
  /** Where the box was, and what part of the scene that showed. */
  box: number;
  top: number;
};

export const boxHeight = (scene: number) => Math.min(scene, TALLEST);

/** How far the scene and its box can be scrolled. */
const room = ({ scene, view }: Scroll) => ({
  scene: Math.max(0, scene - view),
  box: Math.max(0, boxHeight(scene) - view),
});

/** The top of the scene that a new place of the box shows. */
export function sceneTop(was: Scroll, box: number): number {
  const most = room(was);
  if (most.scene <= most.box) return Math.min(box, most.scene);
  if (box <= 0) return 0;
  if (box >= most.box - 1) return most.scene;
  const moved = box - was.box;
  if (Math.abs(moved) > LEAP * was.view) return (box / most.box) * most.scene;
  return Math.min(most.scene, Math.max(0, was.top + moved));
}

/** The place of the box that stands for a top of the scene. */
export function boxTop(now: Scroll, top: number): number {
  const most = room(now);
  const wanted = Math.min(most.scene, Math.max(0, top));
  if (most.scene <= most.box) return wanted;
  return (wanted / most.scene) * most.box;
}
