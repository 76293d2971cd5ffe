import { redirect } from '@sveltejs/kit';
import { to } from '$lib/kit/paths';

export const load = () => redirect(307, to('/projects'));
