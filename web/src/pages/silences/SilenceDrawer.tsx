import { Drawer } from '@mantine/core';
import { useSilences } from '../../api/alertmanager';
import { useUrl } from '../../shell/search';
import { ErrorNote, Loading } from '../../shell/states';
import { parseMatchers } from './matchers';
import { SilenceForm } from './SilenceForm';

/** `silence` in the URL opens it over any page: matchers of a new one, or `id:` and the one to edit. */
export function SilenceDrawer() {
  const { search, set } = useUrl();
  const asked = search.silence ?? '';
  const id = asked.startsWith('id:') ? asked.slice(3) : undefined;
  const close = () => {
    // In place of the form: going back does not open it again.
    set({ silence: undefined }, true);
  };
  return (
    <Drawer
      opened={asked !== ''}
      onClose={close}
      position="right"
      size={600}
      title={<b>{id === undefined ? 'New silence' : 'Edit silence'}</b>}
      padding="md"
    >
      {id === undefined ? (
        <SilenceForm key={asked} matchers={asked === 'new' ? [] : (parseMatchers(asked) ?? [])} done={close} />
      ) : (
        <Existing key={id} id={id} done={close} />
      )}
    </Drawer>
  );
}

function Existing({ id, done }: { id: string; done: () => void }) {
  const answer = useSilences(false);
  const silence = answer.data?.find((item) => item.id === id);
  if (answer.error !== null) return <ErrorNote error={answer.error} />;
  if (answer.isPending) return <Loading what="the silence" />;
  if (silence === undefined) return <ErrorNote error={`there is no silence ${id}`} />;
  return <SilenceForm matchers={silence.matchers} silence={silence} done={done} />;
}
