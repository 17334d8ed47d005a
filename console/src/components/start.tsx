// Starts a run: at once, or with what its workflow lets one choose.

import { useState } from 'preact/hooks';

import { Failure } from '../api/failure';
import { useWorkflows } from '../state/queries';
import { useStart } from '../state/starting';
import { useTitles } from '../state/words';
import { t } from '../texts';
import { Button } from './button';
import { sayFailure } from './toasts';

export function Start({ workflow, small }: { workflow: string; small?: boolean }) {
  const texts = t().run;
  const { start, busy } = useStart(workflow);
  const [{ Options }, show] = useState<Partial<typeof import('./options')>>({});
  const choose = () => void import('./options').then(show, (error: unknown) => sayFailure(Failure.from(error)));
  const { data } = useWorkflows();
  const hosted = data?.find(({ id }) => id === workflow);
  const title = useTitles()(workflow);
  return (
    <>
      {hosted && <Button look="quiet" {...(small ? { small } : {})} onPress={choose}>{texts.options}<span class="unseen">: {title}</span></Button>}
      <Button look={small ? 'plain' : 'primary'} {...(small ? { small } : {})} icon="play" busy={busy} onPress={() => start()}>{texts.runNow}<span class="unseen">: {title}</span></Button>
      {Options && hosted && <Options workflow={hosted} title={title} busy={busy} onStart={start} onClose={() => show({})} />}
    </>
  );
}
