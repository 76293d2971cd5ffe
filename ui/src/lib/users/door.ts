// What a browser brings to the door: why it was sent back, and the secret of a letter.

/** Why an OpenID provider's answer did not let us in; said once, in a cookie only the server sets. */
export function whySentBack(): string {
  const said = cookie(document.cookie, 'openid_said');
  if (said) document.cookie = 'openid_said=; Max-Age=0; path=/; SameSite=Lax';
  return said;
}

/** One cookie, decoded; nothing when it is not there or makes no sense. */
export function cookie(all: string, name: string): string {
  const found = all.split('; ').find((one) => one.startsWith(`${name}=`));
  try {
    return decodeURIComponent(found?.slice(name.length + 1).replace(/^"|"$/g, '') ?? '');
  } catch {
    return '';
  }
}

/** The secret of a link in a letter. It comes after the #, which browsers send to nobody. */
export const secretOf = (hash: string) => /^#([\w-]{20,200})$/.exec(hash)?.[1] ?? '';
