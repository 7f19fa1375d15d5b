package main

func (a *app) doctor(args []string) error { return usageError("doctor: not yet") }
