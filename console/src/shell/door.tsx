// Before anybody is signed in: the way in, or why there is none.

import { useEffect } from 'preact/hooks';

import { findSession, type SignIn, signInPath } from '../api/session';
import { Button, LinkButton } from '../components/button';
import { InEnglish } from '../components/said';
import { t } from '../texts';

export function Door({ now }: { now: SignIn }) {
  const texts = t().door;
  useEffect(() => {
    document.title = t().product;
  }, []);
  if (now.kind === 'unknown' || now.kind === 'sent') return null;
  const unreachable = now.kind === 'unreachable' ? now.failure : undefined;
  const left = now.kind === 'out' && now.why === 'left';
  return (
    <main class="door">
      <div class="card">
        <span class="brand"><i aria-hidden="true" />{t().product}</span>
        <h1>{unreachable ? texts.unreachable : left ? texts.left : texts.title}</h1>
        <p>{unreachable ? (unreachable.offline ? t().states.offlineDetail : <InEnglish>{unreachable.message}</InEnglish>) : left ? texts.leftDetail : texts.detail}</p>
        {unreachable
          ? <Button look="primary" icon="turn" onPress={() => void findSession()}>{t().states.retry}</Button>
          : <LinkButton look="primary" href={signInPath()}>{texts.signIn}</LinkButton>}
      </div>
    </main>
  );
}
