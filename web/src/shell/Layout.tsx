import { ActionIcon, Menu, Tooltip, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { Link, Outlet } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { FilterBar } from '../filters/FilterBar';
import { TimeProvider } from '../time/TimeContext';
import { TimePicker } from '../time/TimePicker';
import { Help } from './Help';
import { Icon } from './Icon';
import { PAGES } from './pages';
import { Palette } from './Palette';
import { keptSearch, useUrl } from './search';
import { useNarrow } from './useNarrow';
import { useShortcuts } from './useShortcuts';

const SilenceDrawer = lazy(() =>
  import('../pages/silences/SilenceDrawer').then((module) => ({ default: module.SilenceDrawer })),
);

export function Layout() {
  return (
    <TimeProvider>
      <Frame />
    </TimeProvider>
  );
}

function Frame() {
  const { search } = useUrl();
  const narrow = useNarrow();
  const [palette, setPalette] = useState(false);
  const [help, setHelp] = useState(false);
  const openPalette = () => {
    setPalette(true);
  };
  const openHelp = () => {
    setHelp(true);
  };
  useShortcuts({ palette: openPalette, help: openHelp });
  return (
    <>
      <a className="sg-skip" href="#main">
        Skip to the page
      </a>
      <header className="sg-header">
        <Link to="/" search={keptSearch(search)} className="sg-logo" aria-label="Sightglass, overview">
          <img src="/favicon.svg" width={20} height={20} alt="" />
          <span>Sightglass</span>
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
          <ActionIcon variant="subtle" color="gray" aria-label="Search" onClick={openPalette}>
            <Icon name="search" />
          </ActionIcon>
        </Tooltip>
        {narrow ? (
          <MoreMenu help={openHelp} />
        ) : (
          <>
            <ThemeToggle />
            <Tooltip label="Keys (?)">
              <ActionIcon variant="subtle" color="gray" aria-label="Keys" onClick={openHelp}>
                <Icon name="help" />
              </ActionIcon>
            </Tooltip>
          </>
        )}
      </header>
      <main id="main" tabIndex={-1}>
        <Outlet />
      </main>
      {search.silence !== undefined && (
        <Suspense fallback={null}>
          <SilenceDrawer />
        </Suspense>
      )}
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

function useThemeSwitch() {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('light');
  const next = scheme === 'dark' ? 'light' : 'dark';
  return {
    label: `Use the ${next} theme`,
    icon: scheme === 'dark' ? ('sun' as const) : ('moon' as const),
    toggle: () => {
      setColorScheme(next);
    },
  };
}

function ThemeToggle() {
  const { label, icon, toggle } = useThemeSwitch();
  return (
    <Tooltip label={label}>
      <ActionIcon data-testid="theme-toggle" variant="subtle" color="gray" aria-label={label} onClick={toggle}>
        <Icon name={icon} />
      </ActionIcon>
    </Tooltip>
  );
}

/** On a phone: what is not needed in a hurry. */
function MoreMenu({ help }: { help: () => void }) {
  const { label, icon, toggle } = useThemeSwitch();
  return (
    <Menu position="bottom-end" shadow="md">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label="More">
          <Icon name="menu" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<Icon name={icon} />} data-testid="theme-toggle" onClick={toggle}>
          {label}
        </Menu.Item>
        <Menu.Item leftSection={<Icon name="help" />} onClick={help}>
          Keys
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
