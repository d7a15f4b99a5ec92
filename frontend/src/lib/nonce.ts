/** The nonce of this page's Content-Security-Policy, which every style element made at run time must carry. */
export const pageNonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? '';
