/** Stacked layers; the same shape as the favicon. */
export function Logo() {
  return (
    <svg width="26" height="26" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="#4f46c8" />
      <g fill="none" stroke="#fff" strokeWidth="2.6" strokeLinejoin="round" strokeLinecap="round">
        <path d="M16 6.5 26 11.5 16 16.5 6 11.5Z" fill="#fff" />
        <path d="M6 16.3 16 21.3 26 16.3" />
        <path d="M6 20.9 16 25.9 26 20.9" opacity=".6" />
      </g>
    </svg>
  );
}
