/** How many days of 24 hours ahead a notification or a job can be scheduled. */
export const MAX_DAYS_AHEAD = 30;
