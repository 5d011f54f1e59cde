package redfish

import (
	"encoding/json"
	"net/http"
)

// object of JSON.
type object = map[string]any

type reply struct {
	status int
	header [][2]string
	body   any
}

func (r reply) with(key, value string) reply {
	r.header = append(r.header, [2]string{key, value})
	return r
}

func (r reply) write(answer http.ResponseWriter) {
	answer.Header().Set("OData-Version", "4.0")
	for _, each := range r.header {
		if each[1] != "" {
			answer.Header().Set(each[0], each[1])
		}
	}
	if r.body == nil {
		answer.WriteHeader(r.status)
		return
	}
	answer.Header().Set("Content-Type", "application/json")
	answer.WriteHeader(r.status)
	_ = json.NewEncoder(answer).Encode(r.body)
}

func ok(body object) reply { return reply{status: http.StatusOK, body: body} }

// refuse in Redfish's form: the message's id is of the registry Base unless it names another.
func refuse(status int, id, text string) reply {
	return reply{status: status, body: object{"error": object{"code": "Base.1.12.GeneralError", "message": "A general error has occurred. See ExtendedInfo.",
		"@Message.ExtendedInfo": []any{object{"MessageId": id, "Message": text}}}}}
}

func link(path string) object { return object{"@odata.id": path} }

func collection(path string, members ...string) reply {
	list := []any{}
	for _, each := range members {
		list = append(list, link(each))
	}
	return ok(object{"@odata.id": path, "Members": list, "Members@odata.count": len(members)})
}
