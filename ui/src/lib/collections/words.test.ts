import { describe, expect, it } from 'vitest';
import type { CollectionModel } from '$lib/api/types';
import { abstractState, contributors, listing, moved, placeOf, published } from './words';

const marie = { id: 3, email: 'm@sea', name: 'Marie', organisation: '' };
const lab = { id: 7, name: 'Sea Lab', directories: '' };
const collection = {
  external_id: '?',
  creator_users: [marie],
  creator_organisations: [lab],
  associate_users: [],
  associate_organisations: [],
  display_order: { creators: ['7_o', '3_u'], associates: [] },
} as unknown as CollectionModel;

describe('contributors', () => {
  it('come in the order of citing', () => {
    expect(contributors(collection, 'creators').map(({ name }) => name)).toEqual([
      'Sea Lab',
      'Marie',
    ]);
    expect(contributors(collection, 'associates')).toEqual([]);
  });

  it('are sent as ids and as an order', () => {
    expect(listing('creators', ['7_o', '3_u', '12_u'])).toEqual({
      creator_users: [3, 12],
      creator_organisations: [7],
      display_order: { creators: ['7_o', '3_u', '12_u'], associates: [] },
    });
    expect(listing('associates', [])).toMatchObject({ associate_users: [] });
  });

  it('move within the list only', () => {
    expect(moved(['a', 'b', 'c'], 2, -1)).toEqual(['a', 'c', 'b']);
    expect(moved(['a', 'b'], 0, -1)).toEqual(['a', 'b']);
    expect(moved(['a', 'b'], 1, 5)).toEqual(['a', 'b']);
  });
});

it('an abstract is neither short nor long', () => {
  expect(abstractState(' '.repeat(300)).good).toBe(false);
  expect(abstractState('x'.repeat(255)).good).toBe(false);
  expect(abstractState('x'.repeat(256)).good).toBe(true);
  expect(abstractState('x'.repeat(1001)).says).toBe('1001 characters, 1 too many');
});

it('a sentence leads to the part of the page that it quotes', () => {
  expect(placeOf('There is no creator: under “Creators”, add one.')).toBe('people');
  expect(placeOf('… under “Licence”, choose one.')).toBe('about');
  expect(placeOf('Project 1 “Bay” is private: under “Projects” …')).toBe('projects');
  expect(placeOf('Additional XML no. 1 is wrong.')).toBe(null);
});

it('an id elsewhere means that it is published', () => {
  expect(published(collection)).toBe(false);
  expect(published({ external_id: 'doi:10.1/x' })).toBe(true);
});
