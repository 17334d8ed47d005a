// Giving an account up, once somebody has said that they mean it.

import { useState } from 'preact/hooks';

import { api, done } from '../../api/client';
import { Failure } from '../../api/failure';
import { Button } from '../../components/button';
import { Dialog } from '../../components/dialog';
import { say, sayFailure } from '../../components/toasts';
import { renew } from '../../state/resource';
import { t } from '../../texts';
import { list } from '../../texts/format';

export function Disconnect({ connector, app, uses }: { connector: string; app: string; uses: string[] }) {
  const texts = t().connections;
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const disconnect = () => {
    setBusy(true);
    done(api.DELETE('/api/connections/{connector}', { params: { path: { connector } } })).then(
      () => { say(texts.isNotConnected(app)); setAsking(false); },
      (error: unknown) => sayFailure(Failure.from(error)),
    ).finally(() => { setBusy(false); void renew('connections', 'tools'); });
  };
  return (
    <>
      <Button label={texts.disconnectApp(app)} onPress={() => setAsking(true)}>{texts.disconnect}</Button>
      {asking && (
        <Dialog
          title={texts.disconnectTitle(app)}
          onClose={() => setAsking(false)}
          footer={<><Button onPress={() => setAsking(false)}>{texts.keep}</Button><Button look="danger" busy={busy} onPress={disconnect}>{texts.disconnect}</Button></>}
        >
          <div class="stack">
            <p>{uses.length > 0 ? texts.disconnectUses(list(uses)) : texts.disconnectTools}</p>
            <p class="soft">{texts.disconnectDetail(app)}</p>
          </div>
        </Dialog>
      )}
    </>
  );
}
