import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

// The rooms, from the lowest to the highest; those on one line do not know each other.
const ROOMS = [
  ['api', 'kit'],
  ['users'],
  ['taxonomy', 'jobs', 'files'],
  ['projects'],
  ['objects'],
  ['annotation', 'collections'],
  ['prediction'],
  ['imports', 'exports', 'subsets', 'audit'],
];

/** Imports flow downhill: a room may use the lower ones only. */
const downhill = ROOMS.flatMap((line, level) =>
  line.map((room) => ({
    files: [`src/lib/${room}/**`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: ROOMS.slice(level)
            .flat()
            .filter((other) => other !== room)
            .map((other) => ({
              group: [`$lib/${other}/*`, `../${other}/*`],
              message: `The room ${room} lies below ${other}, or beside it.`,
            })),
        },
      ],
    },
  })),
);

export default ts.config(
  { ignores: ['.svelte-kit/', 'build/', 'node_modules/', 'src/lib/api/schema.d.ts'] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  {
    languageOptions: { globals: { ...globals.browser, ...globals.node } },
    rules: {
      'max-lines': ['error', { max: 400, skipComments: true }],
      complexity: ['error', 12],
      '@typescript-eslint/no-non-null-assertion': 'off', // typed arrays are dense
      'svelte/prefer-svelte-reactivity': 'off', // large sets are replaced as wholes, in $state.raw
      'svelte/no-navigation-without-resolve': 'off', // kit/paths.ts resolves
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: {
      parserOptions: { parser: ts.parser, extraFileExtensions: ['.svelte'], svelteConfig },
    },
  },
  {
    files: ['**/*.svelte'],
    rules: { 'max-lines': ['error', { max: 150, skipBlankLines: true, skipComments: true }] },
  },
  ...downhill,
);
