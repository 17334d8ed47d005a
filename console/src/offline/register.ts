/** Has the browser keep the console's own files, so that it opens without a network. */
export function keepForOffline(): void {
  if (!('serviceWorker' in navigator)) return;
  navigator.serviceWorker.register('/console/worker.js', { scope: '/console/' }).catch((error: unknown) => {
    // Without it the console needs the network, as any page does.
    console.info('The console is not kept for offline use:', error);
  });
}
