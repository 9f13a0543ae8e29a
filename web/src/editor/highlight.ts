import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';

const style = HighlightStyle.define([
  { tag: [tags.keyword, tags.modifier, tags.function(tags.variableName)], color: 'var(--sg-keyword)' },
  { tag: [tags.string], color: 'var(--sg-string)' },
  { tag: [tags.number, tags.bool], color: 'var(--sg-number)' },
  { tag: [tags.labelName, tags.propertyName, tags.constant(tags.variableName)], color: 'var(--sg-name)' },
  { tag: [tags.lineComment, tags.comment], color: 'var(--sg-debug)', fontStyle: 'italic' },
]);

const look = EditorView.theme({
  '&': { fontSize: '13px', backgroundColor: 'transparent' },
  '&.cm-focused': { outline: 'none' },
  '.cm-content': {
    fontFamily: 'var(--mantine-font-family-monospace)',
    padding: '7px 0',
    caretColor: 'var(--mantine-color-text)',
  },
  '.cm-line': { padding: '0 10px' },
  '.cm-cursor': { borderLeftColor: 'var(--mantine-color-text)' },
  '.cm-placeholder': { color: 'var(--mantine-color-dimmed)' },
  '.cm-matchingBracket': { backgroundColor: 'var(--sg-line) !important' },
  '.cm-tooltip': {
    backgroundColor: 'var(--sg-panel)',
    border: '1px solid var(--sg-line)',
    borderRadius: '5px',
    color: 'var(--mantine-color-text)',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: '12px' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': {
    backgroundColor: 'var(--mantine-primary-color-filled)',
    color: 'var(--mantine-primary-color-contrast)',
  },
  '.cm-completionInfo': { padding: '6px 10px', maxWidth: '380px' },
});

export const editorTheme = [look, syntaxHighlighting(style)];
