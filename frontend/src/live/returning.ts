/** Calls back when the network or whoever looks at the page has come back, until told to stop. */
export function onReturn(callback: () => void): () => void {
  const whenSeen = (): void => {
    if (document.visibilityState === 'visible') callback();
  };
  window.addEventListener('online', callback);
  document.addEventListener('visibilitychange', whenSeen);
  return () => {
    window.removeEventListener('online', callback);
    document.removeEventListener('visibilitychange', whenSeen);
  };
}
