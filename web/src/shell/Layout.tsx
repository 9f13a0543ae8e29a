import { ActionIcon, Tooltip, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { Link, Outlet } from '@tanstack/react-router';
import { useState } from 'react';
import { FilterBar } from '../filters/FilterBar';
import { TimeProvider } from '../time/TimeContext';
import { TimePicker } from '../time/TimePicker';
import { Help } from './Help';
import { Icon } from './Icon';
import { PAGES } from './pages';
import { Palette } from './Palette';
import { keptSearch, useUrl } from './search';
import { useShortcuts } from './useShortcuts';

export function Layout() {
  return (
    <TimeProvider>
      <Frame />
    </TimeProvider>
  );
}

function Frame() {
  const { search } = useUrl();
  const [palette, setPalette] = useState(false);
  const [help, setHelp] = useState(false);
  useShortcuts({
    palette: () => {
      setPalette(true);
    },
    help: () => {
      setHelp(true);
    },
  });
  return (
    <>
      <header className="sg-header">
        <Link to="/" search={keptSearch(search)} className="sg-logo">
          <img src="/favicon.svg" width={20} height={20} alt="" />
          Sightglass
        </Link>
        <nav className="sg-nav" aria-label="Pages">
          {PAGES.map((page) => (
            <Link
              key={page.id}
              to={page.to}
              search={keptSearch(search)}
              activeOptions={{ exact: page.to === '/', includeSearch: false }}
              data-testid={`nav-${page.id}`}
            >
              {page.label}
            </Link>
          ))}
        </nav>
        <FilterBar />
        <TimePicker />
        <Tooltip label="Search (/)">
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label="Search"
            onClick={() => {
              setPalette(true);
            }}
          >
            <Icon name="search" />
          </ActionIcon>
        </Tooltip>
        <ThemeToggle />
        <Tooltip label="Keys (?)">
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label="Keys"
            onClick={() => {
              setHelp(true);
            }}
          >
            <Icon name="help" />
          </ActionIcon>
        </Tooltip>
      </header>
      <main>
        <Outlet />
      </main>
      <Palette
        opened={palette}
        close={() => {
          setPalette(false);
        }}
      />
      <Help
        opened={help}
        close={() => {
          setHelp(false);
        }}
      />
    </>
  );
}

function ThemeToggle() {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('light');
  const next = scheme === 'dark' ? 'light' : 'dark';
  return (
    <Tooltip label={`Use the ${next} theme`}>
      <ActionIcon
        data-testid="theme-toggle"
        variant="subtle"
        color="gray"
        aria-label={`Use the ${next} theme`}
        onClick={() => {
          setColorScheme(next);
        }}
      >
        <Icon name={scheme === 'dark' ? 'sun' : 'moon'} />
      </ActionIcon>
    </Tooltip>
  );
}
