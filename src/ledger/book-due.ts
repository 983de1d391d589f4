import type { Command } from './command';

/**
 * Writes down what fell due on an account (R6.2, R6.7): every command does so before it decides, and this
 * one does nothing else. Doing it twice changes nothing.
 */
export function bookDue(customerId: string): Command<Record<string, never>> {
  return {
    operation: 'bookDue',
    actor: 'system',
    customers: [customerId],
    background: true,
    decide: () => ({ answer: {} }),
  };
}
