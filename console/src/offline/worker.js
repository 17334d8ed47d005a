// Keeps the console's own files, which are named after what is in them. The page itself is asked for
// first and only taken from here when nobody answers. What the API says is none of its business.

const STORE = 'onbehalf-console-__VERSION__';
const SITE = '/console/';
/** Which shows nobody's page until it knows whose. */
const PAGE = '/console/index.html';
const FILES = '__FILES__';

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(STORE)
      .then((store) => store.addAll([PAGE, ...FILES]))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener('activate', (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name.startsWith('onbehalf-console-') && name !== STORE).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (FILES.includes(url.pathname)) {
    event.respondWith(caches.match(url.pathname).then((kept) => kept ?? fetch(request)));
  } else if (request.mode === 'navigate' && (url.pathname.startsWith(SITE))) {
    event.respondWith(fetch(request).catch(() => caches.match(PAGE)));
  }
});
