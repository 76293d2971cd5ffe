import { describe, expect, it } from 'vitest';
import { caption, chord, letter, type Press } from './keys';

const press = (key: string, more: Partial<Press> = {}): Press => ({
  key,
  code: '',
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  altKey: false,
  ...more,
});

describe('a chord', () => {
  it('is named as people write it', () => {
    expect(chord(press('z', { ctrlKey: true }))).toBe('Ctrl+Z');
    expect(chord(press('Z', { ctrlKey: true, shiftKey: true }))).toBe('Ctrl+Shift+Z');
    expect(chord(press(' '))).toBe('Space');
    expect(chord(press('ArrowDown', { shiftKey: true }))).toBe('Shift+ArrowDown');
  });

  it('takes the command key of a Mac for Ctrl', () => {
    expect(chord(press('a', { metaKey: true }))).toBe('Ctrl+A');
  });

  it('finds digits by their place, also on AZERTY', () => {
    expect(chord(press('&', { code: 'Digit1' }))).toBe('1');
    expect(chord(press('1', { code: 'Numpad1' }))).toBe('1');
  });

  it('leaves punctuation of the digit row to its own command', () => {
    expect(chord(press('-', { code: 'Digit6' }))).toBe('-');
    expect(chord(press('?', { shiftKey: true }))).toBe('?');
  });
});

describe('a letter', () => {
  it('may have an accent', () => expect(letter(press('é'))).toBe('é'));
  it('is none with a command key', () => expect(letter(press('a', { ctrlKey: true }))).toBeNull());
  it('is none for other keys', () => expect(letter(press('Enter'))).toBeNull());
});

it('shows chords on key caps', () => {
  expect(caption('Ctrl+Shift+Z')).toEqual(['Ctrl', 'Shift', 'Z']);
  expect(caption('Escape')).toEqual(['Esc']);
});
