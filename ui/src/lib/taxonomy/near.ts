// Forgiving a slip of the fingers, when nothing is named as it was typed.

/** Whether a word begins as typed, with at most so many letters wrong, missing, too many or swapped. */
export function near(word: string, typed: string, slips: number): boolean {
  let at = 0;
  while (at < typed.length && word[at] === typed[at]) at++;
  if (at === typed.length) return true;
  if (!slips) return false;
  const [here, rest] = [word.slice(at), typed.slice(at)];
  return (
    near(here.slice(1), rest.slice(1), slips - 1) ||
    near(here.slice(1), rest, slips - 1) ||
    near(here, rest.slice(1), slips - 1) ||
    (here[0] === rest[1] && here[1] === rest[0] && near(here.slice(2), rest.slice(2), slips - 1))
  );
}

/** How many slips a word may hold: short ones are typed right. */
export const slips = (typed: string) => (typed.length < 5 ? 0 : typed.length < 9 ? 1 : 2);
