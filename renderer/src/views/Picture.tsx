/** Two hosts over one store: a VM on the first, its understudy waiting on the second. */
export function Picture() {
  return (
    <svg
      className="picture"
      viewBox="0 0 560 190"
      role="img"
      aria-label="Host A runs a VM. Host B holds its standby copy. Both watch each other, and both write to the same store."
    >
      <g className="picture-lines">
        <path d="M180 52h200" />
        <path d="M180 72h200" className="picture-second" />
        <path d="M110 112v34M450 112v34" />
      </g>
      <g className="picture-host">
        <rect x="40" y="14" width="140" height="98" rx="10" />
        <text x="58" y="38">
          Host A
        </text>
        <rect className="picture-vm" x="58" y="52" width="104" height="42" rx="6" />
        <text className="picture-vm-text" x="110" y="78">
          your VM
        </text>
      </g>
      <g className="picture-host">
        <rect x="380" y="14" width="140" height="98" rx="10" />
        <text x="398" y="38">
          Host B
        </text>
        <rect className="picture-standby" x="398" y="52" width="104" height="42" rx="6" />
        <text className="picture-standby-text" x="450" y="78">
          understudy
        </text>
      </g>
      <rect className="picture-store" x="40" y="146" width="480" height="36" rx="10" />
      <text className="picture-store-text" x="280" y="169">
        the store you already have
      </text>
      <text className="picture-beat" x="280" y="44">
        heartbeats
      </text>
    </svg>
  );
}
