// What browsers have and TypeScript 4.8 does not know yet; for the type check alone.
interface HTMLElement { hidePopover(): void }
interface WakeLockSentinel { readonly released: boolean; release(): Promise<void> }
interface Navigator { readonly wakeLock: { request(type: 'screen'): Promise<WakeLockSentinel> } }
