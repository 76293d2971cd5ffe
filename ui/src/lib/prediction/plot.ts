// Where the figures of a report draw: both alike, so that they can be held beside each other.
export const LEFT = 44;
export const WIDTH = 240;

/** Between the left and the right end of the axis, 0 to 1. */
export const x = (share: number) => LEFT + WIDTH * share;
export const y = (share: number) => 214 - 200 * share;
