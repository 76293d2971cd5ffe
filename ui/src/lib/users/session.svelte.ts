import { changePassword, me, signIn, signOut } from '$lib/api/calls';
import type { UserModelWithRights } from '$lib/api/types';

/** Who uses the page. */
class Session {
  user = $state.raw<UserModelWithRights | null>(null);
  /** The address typed at the door, which nobody types twice. */
  typed = '';
  /** The session has ended while something was being done: a dialog asks for the password again. */
  lapsed = $state(false);
  #waiting: (() => void)[] = [];

  /** The user, asked for once. */
  async find(): Promise<UserModelWithRights> {
    this.user ??= await me();
    return this.user;
  }

  /** The user as they are now. */
  async refresh(): Promise<void> {
    this.user = await me();
  }

  async enter(email: string, password: string): Promise<void> {
    await signIn(email, password);
    this.user = await me();
    this.lapsed = false;
    this.typed = '';
    this.#waiting.splice(0).forEach((go) => go());
  }

  /** A new password ends every session of the account: this one begins anew. */
  async change(current: string, password: string): Promise<void> {
    await changePassword(current, password);
    if (this.user) await this.enter(this.user.email, password);
  }

  async leave(): Promise<void> {
    await signOut();
    this.user = null;
  }

  /** Ask to sign in again; done once that has happened. */
  again(): Promise<void> {
    this.lapsed = true;
    return new Promise((go) => this.#waiting.push(go));
  }

  may(code: number): boolean {
    return this.user?.can_do.includes(code) ?? false;
  }
}

export const session = new Session();
/** What `can_do` numbers mean, as in EcoTaxa. */
export const CREATE_PROJECT = 1;
export const MANAGE_USERS = 3;
export const CREATE_TAXON = 4;
