package double

// object is the content of an instance: read and written as it is, so that no field that the double does not know gets lost.
type object map[string]any

func (o object) at(path ...string) any {
	var value any = map[string]any(o)
	for _, key := range path {
		within, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = within[key]
	}
	return value
}

func (o object) text(path ...string) string {
	text, _ := o.at(path...).(string)
	return text
}

func (o object) yes(path ...string) bool {
	yes, _ := o.at(path...).(bool)
	return yes
}

func (o object) list(path ...string) []any {
	list, _ := o.at(path...).([]any)
	return list
}

// set makes the maps on the way that are missing.
func (o object) set(value any, path ...string) {
	within := map[string]any(o)
	for _, key := range path[:len(path)-1] {
		next, ok := within[key].(map[string]any)
		if !ok {
			next = map[string]any{}
			within[key] = next
		}
		within = next
	}
	within[path[len(path)-1]] = value
}

func (o object) remove(path ...string) {
	if within, ok := o.at(path[:len(path)-1]...).(map[string]any); ok {
		delete(within, path[len(path)-1])
	}
}

// condition of a type, or nil.
func (o object) condition(kind string) object {
	for _, each := range o.list("status", "conditions") {
		if condition, ok := each.(map[string]any); ok && condition["type"] == kind {
			return condition
		}
	}
	return nil
}

func (o object) dropCondition(kind string) {
	var kept []any
	for _, each := range o.list("status", "conditions") {
		if condition, ok := each.(map[string]any); !ok || condition["type"] != kind {
			kept = append(kept, each)
		}
	}
	o.set(kept, "status", "conditions")
}
