// Which page is shown, and who has to sign in first.

import { useState } from 'preact/hooks';
import lazy, { ErrorBoundary } from 'preact-iso/lazy';
import { exec, LocationProvider, Route, Router } from 'preact-iso/router';

import { Failure } from './api/failure';
import { signIn } from './api/session';
import { Card } from './components/card';
import { Page } from './components/page';
import { Failed } from './components/states';
import { Door } from './shell/door';
import { Shell } from './shell/shell';
import { NotFound } from './pages/not_found';

/** The pages by their paths, each loaded when it is wanted. */
const PAGES = {
  '/console': lazy(() => import('./pages/home')),
  '/console/onboarding': lazy(() => import('./pages/onboarding')),
  '/console/runs': lazy(() => import('./pages/runs')),
  '/console/runs/:workflow/:runId': lazy(() => import('./pages/run')),
  '/console/connections': lazy(() => import('./pages/connections')),
  '/console/schedule': lazy(() => import('./pages/schedule')),
  '/console/tools/:id?': lazy(() => import('./pages/tools')),
  '/console/assistant': lazy(() => import('./pages/assistant')),
  '/console/operators': lazy(() => import('./pages/operators')),
  '/console/components': lazy(() => import('./pages/components')),
};

/** Loads the page of this path, so that it is there when it is drawn. Fails where it cannot. */
export async function load(path: string): Promise<void> {
  const found = Object.entries(PAGES).find(([pattern]) => exec(path, pattern));
  await found?.[1].preload();
}

export function App() {
  const now = signIn.value;
  if (now.kind !== 'in' && !(now.kind === 'out' && now.why === 'ended')) return <Door now={now} />;
  return (
    <LocationProvider scope="/console">
      <Shell>
        <Pages />
      </Shell>
    </LocationProvider>
  );
}

function Pages() {
  const [broken, setBroken] = useState<Failure>();
  if (broken) {
    return (
      <Page title="Onbehalf">
        <Card><Failed failure={broken} retry={() => location.reload()} /></Card>
      </Page>
    );
  }
  return (
    <ErrorBoundary onError={(error) => setBroken(Failure.from(error))}>
      <Router>
        {Object.entries(PAGES).map(([path, component]) => <Route key={path} path={path} component={component} />)}
        <Route default component={NotFound} />
      </Router>
    </ErrorBoundary>
  );
}
