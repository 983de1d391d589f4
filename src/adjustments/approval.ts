import type { Points } from '../kernel/points';
import type { ProgramCode } from '../programs/terms';

/** The limit of a program that the configuration does not name. */
const APPROVAL_ABOVE: Points = 10_000;

/** More points than these, given or taken by the desk, need a second person's approval; `configured` is by program. */
export function approvalAbove(
  configured: Readonly<Record<ProgramCode, Points>>,
  program: ProgramCode | undefined,
): Points {
  return (program === undefined ? undefined : configured[program]) ?? APPROVAL_ABOVE;
}
