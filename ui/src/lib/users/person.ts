// Reading and writing what is known of a person: an account or a guest, whichever the id means.
import { account, changeGuest, createGuest, describeAccount, guest, me } from '$lib/api/calls';
import type { GuestModel } from '$lib/api/types';

export const NOBODY: GuestModel = {
  id: -1,
  email: '',
  name: '',
  organisation: '',
  country: '',
  orcid: '',
};

export type Known = GuestModel & { guest: boolean };

/** What is known of somebody.
 * @throws Error when it is somebody else's account, which only they and who administrates may see. */
export async function known(id: number): Promise<Known> {
  const own = await me();
  const found = own.id === id ? null : await guest(id).catch(() => null);
  if (found) return { ...found, guest: true };
  const other = own.id === id ? own : await account(id);
  if (!other)
    throw new Error(
      'This is somebody else’s account: ask them to complete it under “My account”, or an application manager.',
    );
  const { email, name, organisation, country = '', orcid = '' } = other;
  return { id, email, name, organisation, country, orcid, guest: false };
}

/** Keep what is known of somebody, who may be new. */
export async function keep(person: Known): Promise<GuestModel> {
  const { guest: cited, ...body } = person;
  if (body.id < 0) return createGuest(body);
  if (cited) return changeGuest(body.id, body);
  await describeAccount(body.id, body);
  return body;
}
