import js from '@eslint/js';
import hooks from 'eslint-plugin-react-hooks';
import ts from 'typescript-eslint';

export default ts.config(
    { ignores: ['dist', 'node_modules'] },
    js.configs.recommended,
    ...ts.configs.strict,
    hooks.configs.flat['recommended-latest'],
    {
        files: ['**/*.{ts,tsx}'],
        rules: {
            'max-lines': ['error', 300],
            '@typescript-eslint/consistent-type-imports': 'error',
            'react-hooks/incompatible-library': 'off',
        },
    },
    {
        files: ['scripts/**/*.mjs'],
        languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly', fetch: 'readonly' } },
    },
);
