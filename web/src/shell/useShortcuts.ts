import { useNavigate, useRouter } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useTime } from '../time/TimeContext';
import { PAGES } from './pages';
import { keptSearch, type AppSearch } from './search';

/** Keys work anywhere but where text is typed. */
function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName))
  );
}

export function useShortcuts(open: { palette: () => void; help: () => void }) {
  const navigate = useNavigate();
  const router = useRouter();
  const { refresh } = useTime();
  useEffect(() => {
    let lastG = -Infinity;
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const page = PAGES.find((item) => item.key === event.key);
      if (page !== undefined && event.timeStamp - lastG < 1500) {
        lastG = -Infinity;
        void navigate({ to: page.to, search: (old: AppSearch) => keptSearch(old) });
        return;
      }
      lastG = -Infinity;
      if (event.key === 'g') lastG = event.timeStamp;
      else if (event.key === 'r') refresh();
      // Not a letter: a query typed before its editor is there must not lead away. Never out of the app.
      else if (event.key === '[') {
        if (router.history.canGoBack()) router.history.back();
      } else if (event.key === '?') open.help();
      else if (event.key === '/') {
        event.preventDefault();
        open.palette();
      }
    };
    window.addEventListener('keydown', onKey);
    return () => {
      window.removeEventListener('keydown', onKey);
    };
  });
}
