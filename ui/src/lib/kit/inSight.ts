// Long pages draw what is in sight, and a screen around it.

const AROUND = '900px 0px';
const watchers = new WeakMap<Element, IntersectionObserver>();
const told = new WeakMap<Element, (near: boolean) => void>();

/** Be told whether an element is in sight, or nearly so, of the box that scrolls. */
export const inSight = (tell: (near: boolean) => void) => (element: Element) => {
  const box = element.closest('.scroller') ?? document.documentElement;
  let watcher = watchers.get(box);
  if (!watcher) {
    const look = (found: IntersectionObserverEntry[]) =>
      found.forEach(({ target, isIntersecting }) => told.get(target)?.(isIntersecting));
    watcher = new IntersectionObserver(look, { root: box, rootMargin: AROUND });
    watchers.set(box, watcher);
  }
  told.set(element, tell);
  watcher.observe(element);
  return () => watcher.unobserve(element);
};
