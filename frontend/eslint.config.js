import { readdirSync } from 'node:fs';
import js from '@eslint/js';
import jsxA11y from 'eslint-plugin-jsx-a11y';
import reactHooks from 'eslint-plugin-react-hooks';
import globals from 'globals';
import tseslint from 'typescript-eslint';

// Who may know whom, lowest first: a layer imports only from those before it.
const layers = ['lib', 'crypto', 'api', 'live', 'hooks', 'components', 'features', 'shell', 'router'];

const inLayer = (name) => (name === 'router' ? ['src/router.tsx'] : [`src/${name}/**/*.{ts,tsx}`]);

/** Bans both spellings of an import: '@/layer/…' and '../../layer/…'. */
function ban(names, message) {
  return { regex: `^(@|(\\.\\.?/)*\\.\\.)/(${names.join('|')})(/|$)`, message };
}

const layerRules = layers.slice(0, -1).map((name, depth) => ({
  files: inLayer(name),
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [ban(layers.slice(depth + 1), `${name} must not know this layer: ${layers.join(' ← ')}`)],
      },
    ],
  },
}));

const features = readdirSync(new URL('./src/features', import.meta.url));
const featureRules = features.map((name) => {
  const others = features.filter((other) => other !== name);
  const patterns = [ban(['shell', 'router'], 'features must not know the shell or the router')];
  if (others.length)
    patterns.push({
      regex: `(^@/features|^\\.\\./.*\\.\\.)/(${others.join('|')})(/|$)`,
      message: 'features do not import each other',
    });
  return {
    files: [`src/features/${name}/**/*.{ts,tsx}`],
    rules: { 'no-restricted-imports': ['error', { patterns }] },
  };
});

export default tseslint.config(
  { ignores: ['dist', 'node_modules', 'test-results', 'src/api/schema.d.ts'] },
  js.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      // Numbers in template strings are what they look like.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // `() => setOpen(false)` reads better than a block.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
  {
    files: ['src/**/*.{ts,tsx}'],
    extends: [jsxA11y.flatConfigs.strict, reactHooks.configs.flat['recommended-latest']],
    languageOptions: { globals: globals.browser },
    // It warns that the React Compiler skips TanStack Table's users; there is no compiler here.
    rules: { 'react-hooks/incompatible-library': 'off' },
  },
  { files: ['checks/**/*.mjs', '*.js'], languageOptions: { globals: globals.node } },
  ...layerRules,
  ...featureRules,
);
