/** The product's sign: a speech bubble with a spark of an answer in it. */
export function Sign({ size = 40 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 40 40" aria-hidden="true" style={{ flex: "none" }}>
      <defs>
        <linearGradient id="sign" x1="0" y1="0" x2="1" y2="1">
          <stop offset="0" stopColor="#35b1f1" />
          <stop offset="1" stopColor="#0b62b8" />
        </linearGradient>
      </defs>
      <path
        d="M20 3c10 0 17 6.6 17 15.300S30 33.600 20 33.600c-1.900 0-3.800-.3-5.500-.8L6.800 37c-.7.4-1.500-.3-1.200-1l2.200-6.700C4.800 26.600 3 22.700 3 18.300 3 9.600 10 3 20 3Z"
        fill="url(#sign)"
      />
      <path
        d="M20 9.500c.9 5.200 3.600 7.900 8.800 8.800-5.200.9-7.900 3.600-8.800 8.800-.9-5.200-3.600-7.900-8.800-8.800 5.200-.9 7.900-3.600 8.800-8.800Z"
        fill="#fff"
      />
    </svg>
  );
}
