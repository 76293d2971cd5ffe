/** A form that is being sent: whether it is, and why it was refused. */
export class Submitting {
  busy = $state(false);
  error = $state('');

  /** Send; whether that went well. */
  async send(event: SubmitEvent, act: () => Promise<unknown>): Promise<boolean> {
    event.preventDefault();
    this.busy = true;
    this.error = '';
    try {
      await act();
      return true;
    } catch (refused) {
      this.error = (refused as Error).message;
      return false;
    } finally {
      this.busy = false;
    }
  }

  /** Refuse before anything is sent. */
  refuse(why: string): void {
    this.error = why;
  }
}
